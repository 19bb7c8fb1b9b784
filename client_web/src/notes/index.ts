/** My marks over all documents: the list, and later what is printed of it. */
export { default as MeetingNotices } from './MeetingNotices.svelte';
export { default as MeetingNotes } from './MeetingNotes.svelte';
export { default as NotesPage } from './NotesPage.svelte';
export { default as NotesWay } from './NotesWay.svelte';
export { default as PurgeWarning } from './PurgeWarning.svelte';
export { watchPurged } from './forget-purged.svelte';
export { forgetNotes } from './held';
export { notesHref } from './links';
