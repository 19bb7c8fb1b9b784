/** My marks over all documents: the list, and later what is printed of it. */
export { default as MeetingNotes } from './MeetingNotes.svelte';
export { default as NotesPage } from './NotesPage.svelte';
export { default as NotesWay } from './NotesWay.svelte';
export { forgetNotes } from './held';
export { notesHref } from './links';
