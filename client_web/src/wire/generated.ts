// Generated from schema.json by `npm run types`. Do not edit.

/**
 * Kinds of meetings (domain.md); the words are the client's.
 */
export type MeetingKind =
  'regular' | 'thematic' | 'extraordinary' | 'council' | 'briefing' | 'conference' | 'party';
/**
 * Where a meeting stands.
 */
export type MeetingState = 'draft' | 'issued' | 'in_session' | 'closed';
/**
 * A person's part in one meeting.
 */
export type ParticipantRole = 'chair' | 'secretary' | 'delegate' | 'guest';

export interface WireModels {
  About: About;
  AgendaItem: AgendaItem;
  AgendaItemPatch: AgendaItemPatch;
  AgendaOrder: AgendaOrder;
  CardGone: CardGone;
  CardPut: CardPut;
  Caught: Caught;
  Change: Change;
  Closed: Closed;
  DemoTile: DemoTile;
  DeviceClaim: DeviceClaim;
  DocumentCard: DocumentCard;
  DocumentGone: DocumentGone;
  DocumentPatch: DocumentPatch;
  DocumentPut: DocumentPut;
  DocumentView: DocumentView;
  EnterDemo: EnterDemo;
  Hello: Hello;
  ItemDeleted: ItemDeleted;
  ItemPut: ItemPut;
  Lease: Lease;
  Leaving: Leaving;
  Me: Me;
  MeetingCard: MeetingCard;
  MeetingChanged: MeetingChanged;
  MeetingHead: MeetingHead;
  MeetingKind: MeetingKind;
  MeetingPatch: MeetingPatch;
  MeetingState: MeetingState;
  MeetingView: MeetingView;
  MyMeeting: MyMeeting;
  MyMeetings: MyMeetings;
  NewAgendaItem: NewAgendaItem;
  NewDocument: NewDocument;
  NewMeeting: NewMeeting;
  OutlineEntry: OutlineEntry;
  PageEntry: PageEntry;
  Part: Part;
  Participant: Participant;
  ParticipantChanged: ParticipantChanged;
  ParticipantGone: ParticipantGone;
  ParticipantPut: ParticipantPut;
  ParticipantRole: ParticipantRole;
  PeopleFound: PeopleFound;
  PersonCard: PersonCard;
  Ping: Ping;
  Pong: Pong;
  Refused: Refused;
  SignIn: SignIn;
  SignedIn: SignedIn;
  Snapshot: Snapshot;
  Subscribe: Subscribe;
  Unsubscribe: Unsubscribe;
  Uploaded: Uploaded;
  VersionView: VersionView;
  Welcome: Welcome;
}
/**
 * What anybody may know about this server before signing in.
 */
export interface About {
  name: string;
  version: string;
  licence: 'AGPL-3.0-or-later';
  source_url: string;
  demo: boolean;
  tiles: DemoTile[];
  /**
   * why no sandbox holds here and uploads are refused; null where they work
   */
  uploads_refused: string | null;
}
/**
 * One role to enter the demo with.
 */
export interface DemoTile {
  key: string;
  person: PersonCard;
}
/**
 * A person as others see them.
 */
export interface PersonCard {
  id: string;
  name: string;
  form_of_address: string;
  position: string;
  organisation_id: string;
  organisation: string;
}
/**
 * One item of the agenda; `position` counts from 0, `number` is what is printed before it.
 */
export interface AgendaItem {
  id: string;
  position: number;
  number: string;
  title: string;
  presenter: string;
  minutes: number;
  internal: boolean;
}
/**
 * Change an item; what is absent stays.
 */
export interface AgendaItemPatch {
  title?: string | null;
  presenter?: string | null;
  minutes?: number | null;
  internal?: boolean | null;
}
/**
 * All items of the meeting, in their new order.
 */
export interface AgendaOrder {
  /**
   * @maxItems 500
   */
  item_ids: string[];
}
/**
 * On `inbox:PERSON`: a meeting is no longer mine.
 */
export interface CardGone {
  kind: 'card_gone';
  meeting_id: string;
}
/**
 * On `inbox:PERSON`: a meeting of mine is new or changed.
 */
export interface CardPut {
  kind: 'card';
  card: MeetingCard;
}
/**
 * A meeting in "my meetings".
 */
export interface MeetingCard {
  meeting: MeetingHead;
  my_role: ParticipantRole | null;
  staff: boolean;
  chair_name: string;
  documents: number;
}
/**
 * A meeting without its parts.
 */
export interface MeetingHead {
  id: string;
  kind: MeetingKind;
  title: string;
  organisation: string;
  place: string;
  starts_at: string;
  ends_at: string;
  state: MeetingState;
  chair_id: string | null;
  opened_at: string | null;
  closed_at: string | null;
}
/**
 * All that was missed since the cursor has been sent; the topic is live from here.
 */
export interface Caught {
  t: 'caught_up';
  topic: string;
  seq: number;
}
/**
 * What changed; `seq` follows the one before without a gap, else the client subscribes anew.
 */
export interface Change {
  t: 'change';
  topic: string;
  seq: number;
  items: unknown[];
}
/**
 * The topic is no longer this person's.
 */
export interface Closed {
  t: 'closed';
  topic: string;
  code: string;
}
/**
 * The device as it names itself; `id` is made once by the client and kept on the device.
 */
export interface DeviceClaim {
  id: string;
  label?: string;
}
/**
 * A document in the agenda, without its pages.
 *
 * `state`: `empty` (no file yet) · `ingesting` · `ready` · `refused` (with `refusal`).
 */
export interface DocumentCard {
  id: string;
  meeting_id: string;
  item_id: string | null;
  position: number;
  kind: string;
  title: string;
  number_symbol: string;
  restricted: boolean;
  state: 'empty' | 'ingesting' | 'ready' | 'refused';
  refusal: string | null;
  version_id: string | null;
  pages: number;
  pages_ready: number;
  size: number;
}
/**
 * A document is no longer there for this audience.
 */
export interface DocumentGone {
  kind: 'document_gone';
  document_id: string;
}
/**
 * Change a document's place or words; what is absent stays.
 *
 * `shown_to`: the people a restricted document is shown to; an empty list lifts the restriction.
 */
export interface DocumentPatch {
  item_id?: string | null;
  kind?: string | null;
  title?: string | null;
  number_symbol?: string | null;
  shown_to?: string[] | null;
}
/**
 * A document was added, or its state, version or place changed.
 */
export interface DocumentPut {
  kind: 'document';
  document: DocumentCard;
}
/**
 * A document to read: its card, its current version, and the layer for my private marks.
 */
export interface DocumentView {
  card: DocumentCard;
  version: VersionView | null;
  my_layer: string | null;
  may_download: boolean;
  may_annotate: boolean;
}
/**
 * One version of a document with the manifest of its pages.
 */
export interface VersionView {
  id: string;
  ordinal: number;
  state: 'ingesting' | 'ready' | 'refused';
  refusal: string | null;
  file_name: string;
  size: number;
  sha256: string;
  page_count: number;
  pages_ready: number;
  kind: 'born' | 'scan' | 'mixed';
  renderer: string;
  frozen_at: string | null;
  pages: PageEntry[];
  outline: OutlineEntry[];
}
/**
 * One page in the manifest.
 *
 * `width`, `height`: unrotated CropBox in points; `rotation` 0, 90, 180, 270 clockwise when shown.
 * `image_w`, `image_h`: pixels of the shown (rotated) image. Hashes are SHA-256 in hex of the
 * bytes that the image and words endpoints answer; null while the page is still being made.
 */
export interface PageEntry {
  index: number;
  label: string;
  width: number;
  height: number;
  rotation: 0 | 90 | 180 | 270;
  image_w: number;
  image_h: number;
  image_sha: string | null;
  words_sha: string | null;
}
/**
 * A line of the table of contents; `page` counts from 0, `y` in points from the page's top.
 */
export interface OutlineEntry {
  title: string;
  page: number;
  level: number;
  y: number | null;
}
/**
 * Enter the demo as one of its tiles, without a password.
 */
export interface EnterDemo {
  tile: string;
  device: DeviceClaim;
}
/**
 * First frame of a client: which protocol it speaks, from which device, and where it stood.
 */
export interface Hello {
  t: 'hello';
  protocol: number;
  device: string;
  cursors: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z]+:[0-9a-f-]{36}(:[a-z]+)?$".
     */
    [k: string]: number;
  };
}
/**
 * An item is gone; its documents are without an item.
 */
export interface ItemDeleted {
  kind: 'item_deleted';
  item_id: string;
}
/**
 * An item was added or changed.
 */
export interface ItemPut {
  kind: 'item';
  item: AgendaItem;
}
/**
 * The key that seals what this device keeps of this person (security.md, offline copies).
 *
 * `key` is base64url of 32 bytes; the same key comes again at the next sign-in on this device
 * until it is revoked. After `expires_at` the device forgets it.
 */
export interface Lease {
  person_id: string;
  device_id: string;
  key: string;
  expires_at: string;
}
/**
 * The server goes down as planned; come back after `retry_after` seconds, spread out.
 */
export interface Leaving {
  t: 'leaving';
  retry_after: number;
}
/**
 * The signed-in person, and what the session allows.
 */
export interface Me {
  person: PersonCard;
  username: string;
  roles: string[];
  session_expires_at: string;
  idle_minutes: number;
  server_time: string;
  may_create_meetings: boolean;
}
/**
 * The head changed.
 */
export interface MeetingChanged {
  kind: 'meeting';
  meeting: MeetingHead;
}
/**
 * Change a meeting's head; what is absent stays.
 */
export interface MeetingPatch {
  kind?: MeetingKind | null;
  title?: string | null;
  place?: string | null;
  starts_at?: string | null;
  ends_at?: string | null;
  chair_id?: string | null;
}
/**
 * A meeting whole, as one audience sees it; the snapshot of `meeting:ID` and `…:staff`.
 */
export interface MeetingView {
  meeting: MeetingHead;
  items: AgendaItem[];
  participants: Participant[];
  documents: DocumentCard[];
}
/**
 * A person in a meeting.
 */
export interface Participant {
  person_id: string;
  role: ParticipantRole;
  name: string;
  form_of_address: string;
  position: string;
  organisation: string;
}
/**
 * A meeting as this person sees it; what the restricted documents add is in `documents`.
 *
 * `topic` is what to subscribe to for changes (`meeting:ID` or `meeting:ID:staff`).
 */
export interface MyMeeting {
  view: MeetingView;
  my_role: ParticipantRole | null;
  staff: boolean;
  topic: string;
}
/**
 * All of my meetings; the snapshot of `inbox:PERSON`.
 *
 * `documents` are the restricted documents that are shown to me by name: they travel on nobody
 * else's topic.
 */
export interface MyMeetings {
  meetings: MeetingCard[];
  documents: DocumentCard[];
}
/**
 * Add an item at the end of the agenda.
 */
export interface NewAgendaItem {
  title: string;
  presenter?: string;
  minutes?: number;
  internal?: boolean;
}
/**
 * Add a document to a meeting, before its file is sent.
 */
export interface NewDocument {
  item_id?: string | null;
  kind?: string;
  title: string;
  number_symbol?: string;
  shown_to?: string[] | null;
}
/**
 * Create a meeting; it starts as a draft that only its staff sees.
 */
export interface NewMeeting {
  kind: MeetingKind;
  title: string;
  place?: string;
  starts_at: string;
  ends_at: string;
  chair_id?: string | null;
}
/**
 * One library inside this server, with its licence.
 */
export interface Part {
  name: string;
  version: string;
  licence: string;
}
/**
 * A person was added or has another role.
 */
export interface ParticipantChanged {
  kind: 'participant';
  participant: Participant;
}
/**
 * A person was taken out of the meeting.
 */
export interface ParticipantGone {
  kind: 'participant_gone';
  person_id: string;
}
/**
 * Add a person to the meeting or change their part in it.
 */
export interface ParticipantPut {
  role: ParticipantRole;
}
/**
 * People found by name, in the order of given names.
 */
export interface PeopleFound {
  people: PersonCard[];
  more: boolean;
}
/**
 * Answered by `pong`; either side may send it.
 */
export interface Ping {
  t: 'ping';
}
/**
 * The answer to a ping.
 */
export interface Pong {
  t: 'pong';
}
/**
 * A frame could not be taken; the connection's other work goes on.
 */
export interface Refused {
  t: 'error';
  code: string;
  ref?: string | null;
}
/**
 * Name and password, from one device.
 */
export interface SignIn {
  username: string;
  password: string;
  device: DeviceClaim;
}
/**
 * The answer to a sign-in: who, and the lease for this device.
 */
export interface SignedIn {
  me: Me;
  lease: Lease;
}
/**
 * The whole state of a topic at `seq`.
 */
export interface Snapshot {
  t: 'snapshot';
  topic: string;
  seq: number;
  data: unknown;
}
/**
 * Follow a topic; with a cursor only what came after it is sent, where it is still kept.
 */
export interface Subscribe {
  t: 'sub';
  topic: string;
  cursor: number | null;
}
/**
 * Stop following a topic.
 */
export interface Unsubscribe {
  t: 'unsub';
  topic: string;
}
/**
 * The file arrived whole and is being read; progress comes as changes of the document.
 */
export interface Uploaded {
  document: DocumentCard;
}
/**
 * The answer to hello. A client that hears nothing for two heartbeats reconnects.
 */
export interface Welcome {
  t: 'welcome';
  protocol: number;
  person: string;
  server_time: string;
  heartbeat_s: number;
  version: string;
}
