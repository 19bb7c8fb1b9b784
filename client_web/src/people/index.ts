/** Who works at this device, and how people are named. */
export { default as DevicesSheet } from './DevicesSheet.svelte';
export { default as PinOffer } from './PinOffer.svelte';
export { default as PinSetup } from './PinSetup.svelte';
export { default as SessionBar } from './SessionBar.svelte';
export { default as SignIn } from './SignIn.svelte';
export { default as SignOutDialog } from './SignOutDialog.svelte';
export { default as Unlock } from './Unlock.svelte';
export { watchActivity } from './activity';
export { IdleClock, watchIdle } from './idle';
export { addressed, byGivenName, called, fold, matches, placed } from './names';
export { session, type UnsentWork } from './session.svelte';
