/** Meetings: what is mine, one meeting with its agenda, and the secretary's path. */
export { default as Home } from './Home.svelte';
export { default as MeetingPage } from './MeetingPage.svelte';
export { default as NewMeeting } from './NewMeeting.svelte';
export { onLayersChanged } from './layers';
export { documentHref, meetingHref, type DocumentSpot } from './links';
export { forgetMeetings } from './kept';
export { keptDocuments, type KeptDocument } from './kept-documents';
export { OpenMeeting } from './meeting.svelte';
export { mine } from './mine.svelte';
export { now } from './now.svelte';
