// Generated from schema.json by `npm run types`. Do not edit.

/**
 * Kinds of meetings (domain.md); the words are the client's.
 */
export type MeetingKind =
  'regular' | 'thematic' | 'extraordinary' | 'council' | 'briefing' | 'conference' | 'party';
/**
 * What becomes of people's marks on a meeting's papers once it is over.
 */
export type MarksRule = 'keep' | 'purge_at_close' | 'purge_after_days';
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
  Active: Active;
  AgendaItem: AgendaItem;
  AgendaItemPatch: AgendaItemPatch;
  AgendaOrder: AgendaOrder;
  CardGone: CardGone;
  CardPut: CardPut;
  Caught: Caught;
  Change: Change;
  Closed: Closed;
  DemoTile: DemoTile;
  DeviceAsk: DeviceAsk;
  DeviceClaim: DeviceClaim;
  DeviceStanding: DeviceStanding;
  DeviceView: DeviceView;
  DocumentCard: DocumentCard;
  DocumentGone: DocumentGone;
  DocumentPatch: DocumentPatch;
  DocumentPut: DocumentPut;
  DocumentView: DocumentView;
  EnterDemo: EnterDemo;
  FileMarks: FileMarks;
  Health: Health;
  Hello: Hello;
  ItemDeleted: ItemDeleted;
  ItemPut: ItemPut;
  LayerPatch: LayerPatch;
  LayerView: LayerView;
  LayersChanged: LayersChanged;
  Lease: Lease;
  Leaving: Leaving;
  MarkedDocument: MarkedDocument;
  MarkedMeeting: MarkedMeeting;
  MarksAdded: MarksAdded;
  MarksHome: MarksHome;
  MarksPlan: MarksPlan;
  MarksRule: MarksRule;
  MarksRulePut: MarksRulePut;
  Me: Me;
  MeetingCard: MeetingCard;
  MeetingChanged: MeetingChanged;
  MeetingHead: MeetingHead;
  MeetingKind: MeetingKind;
  MeetingPatch: MeetingPatch;
  MeetingState: MeetingState;
  MeetingView: MeetingView;
  MyMark: MyMark;
  MyMarks: MyMarks;
  MyMeeting: MyMeeting;
  MyMeetings: MyMeetings;
  NewAgendaItem: NewAgendaItem;
  NewDocument: NewDocument;
  NewLayer: NewLayer;
  NewMeeting: NewMeeting;
  NewestFile: NewestFile;
  OthersMarks: OthersMarks;
  OutlineEntry: OutlineEntry;
  PackageView: PackageView;
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
  SessionStanding: SessionStanding;
  SignIn: SignIn;
  SignedIn: SignedIn;
  Sketch: Sketch;
  Snapshot: Snapshot;
  Subscribe: Subscribe;
  UnitRetention: UnitRetention;
  Unsubscribe: Unsubscribe;
  Uploaded: Uploaded;
  VersionView: VersionView;
  Welcome: Welcome;
}
/**
 * What anybody may know about this server before signing in.
 */
export interface About {
  demo: boolean;
  licence: 'AGPL-3.0-or-later';
  name: string;
  source_url: string;
  tiles: DemoTile[];
  /**
   * why no sandbox holds here and uploads are refused; null where they work
   */
  uploads_refused: string | null;
  version: string;
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
  form_of_address: string;
  id: string;
  name: string;
  organisation: string;
  organisation_id: string;
  position: string;
}
/**
 * The person has touched the screen; sent at most once a minute, keeps the session awake.
 */
export interface Active {
  t: 'active';
}
/**
 * One item of the agenda; `position` counts from 0, `number` is what is printed before it.
 *
 * `presenter` is what is printed; `presenter_id` the account that presents, if it has one.
 */
export interface AgendaItem {
  id: string;
  internal: boolean;
  minutes: number;
  number: string;
  position: number;
  presenter: string;
  presenter_id: string | null;
  title: string;
}
/**
 * Change an item; what is absent stays, but a `presenter_id` of null takes it away.
 */
export interface AgendaItemPatch {
  internal?: boolean | null;
  minutes?: number | null;
  presenter?: string | null;
  presenter_id?: string | null;
  title?: string | null;
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
  card: MeetingCard;
  kind: 'card';
}
/**
 * A meeting in "my meetings".
 */
export interface MeetingCard {
  chair_name: string;
  documents: number;
  meeting: MeetingHead;
  my_role: ParticipantRole | null;
  staff: boolean;
}
/**
 * A meeting without its parts.
 */
export interface MeetingHead {
  chair_id: string | null;
  closed_at: string | null;
  ends_at: string;
  id: string;
  kind: MeetingKind;
  marks: MarksPlan;
  opened_at: string | null;
  organisation: string;
  place: string;
  starts_at: string;
  state: MeetingState;
  title: string;
}
/**
 * What becomes of people's marks on the meeting's papers.
 *
 * `purge_at` is known once the meeting is closed; from `warn_at` on people are warned. After
 * `purged_at` the papers take no marks any more.
 */
export interface MarksPlan {
  days: number | null;
  purge_at: string | null;
  purged_at: string | null;
  rule: MarksRule;
  warn_at: string | null;
}
/**
 * All that was missed since the cursor has been sent; the topic is live from here.
 */
export interface Caught {
  seq: number;
  t: 'caught_up';
  topic: string;
}
/**
 * What changed; `seq` follows the one before without a gap, else the client subscribes anew.
 */
export interface Change {
  items: unknown[];
  seq: number;
  t: 'change';
  topic: string;
}
/**
 * The topic is no longer this person's.
 */
export interface Closed {
  code: string;
  t: 'closed';
  topic: string;
}
/**
 * A device without a session asks about itself, by the two ids of its lease.
 */
export interface DeviceAsk {
  device_id: string;
  person_id: string;
}
/**
 * The device as it names itself; `id` is made once by the client and kept on the device.
 */
export interface DeviceClaim {
  id: string;
  label?: string;
}
/**
 * Whether its lease was taken back: then it forgets everything at once.
 */
export interface DeviceStanding {
  revoked: boolean;
}
/**
 * A device I signed in on. `here`: the one that asks. `revoked_at`: its lease was taken back;
 * it forgets everything at its next contact, or has already.
 */
export interface DeviceView {
  here: boolean;
  id: string;
  known_since: string;
  label: string;
  revoked_at: string | null;
  seen_at: string;
  signed_in: boolean;
}
/**
 * A document in the agenda, without its pages. `newest` is for the meeting's staff alone: what
 * became of the file that is to replace the one people read.
 *
 * `state`: `empty` (no file yet) · `ingesting` · `ready` · `refused` (with `refusal`).
 * `sharing`: whom its readers may share marks with.
 */
export interface DocumentCard {
  id: string;
  item_id: string | null;
  kind: string;
  meeting_id: string;
  newest: NewestFile | null;
  number_symbol: string;
  pages: number;
  pages_ready: number;
  position: number;
  refusal: string | null;
  restricted: boolean;
  sharing: 'none' | 'people' | 'everyone';
  size: number;
  state: 'empty' | 'ingesting' | 'ready' | 'refused';
  title: string;
  version_id: string | null;
}
/**
 * A newer file of a document that people do not read (yet): `ingesting`, or `refused`.
 */
export interface NewestFile {
  file_name: string;
  pages: number;
  pages_ready: number;
  refusal: string | null;
  state: 'ingesting' | 'refused';
}
/**
 * A document is no longer there for this audience.
 */
export interface DocumentGone {
  document_id: string;
  kind: 'document_gone';
}
/**
 * Change a document's place or words; what is absent stays.
 *
 * `shown_to`: the people a restricted document is shown to; an empty list lifts the restriction.
 * `sharing`: shared layers that are wider than it are narrowed at once.
 */
export interface DocumentPatch {
  item_id?: string | null;
  kind?: string | null;
  number_symbol?: string | null;
  sharing?: ('none' | 'people' | 'everyone') | null;
  shown_to?: string[] | null;
  title?: string | null;
}
/**
 * A document was added, or its state, version or place changed.
 */
export interface DocumentPut {
  document: DocumentCard;
  kind: 'document';
}
/**
 * A document to read: its card, its current version, and the layer for my private marks.
 */
export interface DocumentView {
  card: DocumentCard;
  may_annotate: boolean;
  may_download: boolean;
  my_layer: string | null;
  version: VersionView | null;
}
/**
 * One version of a document with the manifest of its pages.
 */
export interface VersionView {
  file_marks: FileMarks;
  file_name: string;
  frozen_at: string | null;
  id: string;
  kind: 'born' | 'scan' | 'mixed';
  ordinal: number;
  outline: OutlineEntry[];
  page_count: number;
  pages: PageEntry[];
  pages_ready: number;
  refusal: string | null;
  renderer: string;
  sha256: string;
  size: number;
  state: 'ingesting' | 'ready' | 'refused';
}
/**
 * What became of the annotations the file brought along. `read`: marks in its layer; `left`:
 * stayed only in the pages, being no marks (links, form fields) or none we can draw; `over`:
 * stayed there because there were more than the bound.
 */
export interface FileMarks {
  left: number;
  over: number;
  read: number;
}
/**
 * A line of the table of contents; `page` counts from 0, `y` in points from the page's top.
 */
export interface OutlineEntry {
  level: number;
  page: number;
  title: string;
  y: number | null;
}
/**
 * One page in the manifest.
 *
 * `width`, `height`: unrotated CropBox in points; `rotation` 0, 90, 180, 270 clockwise when shown.
 * `image_w`, `image_h`: pixels of the shown (rotated) image. Hashes are SHA-256 in hex of the
 * bytes that the image and words endpoints answer; null while the page is still being made.
 */
export interface PageEntry {
  height: number;
  image_h: number;
  image_sha: string | null;
  image_w: number;
  index: number;
  label: string;
  rotation: 0 | 90 | 180 | 270;
  width: number;
  words_sha: string | null;
}
/**
 * Enter the demo as one of its tiles, without a password.
 */
export interface EnterDemo {
  device: DeviceClaim;
  tile: string;
}
/**
 * Answered only once the database answers.
 */
export interface Health {
  status: 'ok';
  version: string;
}
/**
 * First frame of a client: which protocol it speaks, from which device, and where it stood.
 */
export interface Hello {
  cursors: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[a-z]+:[0-9a-f-]{36}(:[a-z]+)?$".
     */
    [k: string]: number;
  };
  device: string;
  protocol: number;
  t: 'hello';
}
/**
 * An item is gone; its documents are without an item.
 */
export interface ItemDeleted {
  item_id: string;
  kind: 'item_deleted';
}
/**
 * An item was added or changed.
 */
export interface ItemPut {
  item: AgendaItem;
  kind: 'item';
}
/**
 * Change a shared layer; what is absent stays. `people` replaces the list.
 */
export interface LayerPatch {
  audience?: ('me' | 'people' | 'everyone') | null;
  people?: string[] | null;
  title?: string | null;
}
/**
 * A layer of a document as one person sees it.
 *
 * `owner` is null for the presenter's layer, which belongs to whoever presents, and for the
 * imported one: the marks that the file of the version people read brought along. `people` are
 * those named on a layer for `people`, besides the owner. `may_write`: make marks, answer and
 * resolve; `may_moderate`: take marks of others away; `may_manage`: title, audience, deletion.
 */
export interface LayerView {
  audience: 'me' | 'people' | 'everyone';
  id: string;
  kind: 'private' | 'shared' | 'presenter' | 'imported';
  may_manage: boolean;
  may_moderate: boolean;
  may_write: boolean;
  mine: boolean;
  owner: PersonCard | null;
  people: PersonCard[];
  title: string;
}
/**
 * The list of layers that I may read on this document, or what I may do there, has changed:
 * fetch it again. Says nothing more, so that no name reaches anybody it is not for.
 */
export interface LayersChanged {
  document_id: string;
  kind: 'layers';
}
/**
 * The key that seals what this device keeps of this person (security.md, offline copies).
 *
 * `key` is base64url of 32 bytes; the same key comes again at the next sign-in on this device
 * until it is revoked. After `expires_at` the device forgets it.
 */
export interface Lease {
  device_id: string;
  expires_at: string;
  key: string;
  person_id: string;
}
/**
 * The server goes down as planned; come back after `retry_after` seconds, spread out.
 */
export interface Leaving {
  retry_after: number;
  t: 'leaving';
}
/**
 * A document that rows of the list speak of. One that was `withdrawn` cannot be opened any
 * more; what I wrote on it is still mine.
 */
export interface MarkedDocument {
  id: string;
  meeting_id: string;
  number_symbol: string;
  title: string;
  withdrawn: boolean;
}
/**
 * A meeting in which I have marks.
 */
export interface MarkedMeeting {
  id: string;
  starts_at: string;
  title: string;
}
/**
 * What became of the marks of a file that I added to mine, on `layer`. `known`: were there
 * already; `left`: cannot be marks here; `over`: more than one file may bring.
 */
export interface MarksAdded {
  added: number;
  known: number;
  layer: string;
  left: number;
  over: number;
}
/**
 * On `inbox:PERSON`: a shared layer of this document was deleted, and so many of my marks on
 * it came to my private layer there. Only who may have what they wrote there is told.
 */
export interface MarksHome {
  document_id: string;
  kind: 'marks_home';
  marks: number;
  title: string;
}
/**
 * Keep people's marks, delete them once the meeting is closed, or so many days after.
 */
export interface MarksRulePut {
  days?: number | null;
  rule: MarksRule;
}
/**
 * The signed-in person, and what the session allows.
 */
export interface Me {
  idle_minutes: number;
  may_create_meetings: boolean;
  person: PersonCard;
  roles: string[];
  server_time: string;
  session_expires_at: string;
  username: string;
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
  chair_id?: string | null;
  ends_at?: string | null;
  kind?: MeetingKind | null;
  place?: string | null;
  starts_at?: string | null;
  title?: string | null;
}
/**
 * A meeting whole, as one audience sees it; the snapshot of `meeting:ID` and `…:staff`.
 */
export interface MeetingView {
  documents: DocumentCard[];
  items: AgendaItem[];
  meeting: MeetingHead;
  participants: Participant[];
}
/**
 * A person in a meeting.
 */
export interface Participant {
  form_of_address: string;
  name: string;
  organisation: string;
  person_id: string;
  position: string;
  /**
   * place among people of one role, by office; 0 comes first
   */
  rank: number;
  role: ParticipantRole;
}
/**
 * One line of the list: a mark of mine, or several strokes written in one go.
 *
 * `page` counts from 0, `label` is what is printed on it; `x`, `y` are where it begins, points of
 * page space. `quote` is the marked text, `body` what I wrote; both may be cut (`…`).
 * `stranded`: an answer whose mark was taken away, so that nobody else reads it.
 */
export interface MyMark {
  at: string;
  body: string;
  color: string;
  document_id: string;
  id: string;
  kind:
    | 'ink'
    | 'highlighter'
    | 'highlight'
    | 'underline'
    | 'strikeout'
    | 'squiggly'
    | 'note'
    | 'free_text'
    | 'rectangle'
    | 'ellipse'
    | 'line'
    | 'arrow'
    | 'stamp';
  label: string;
  marks: number;
  page: number;
  quote: string;
  shared: boolean;
  sketch: Sketch | null;
  stamp: string;
  stranded: boolean;
  version_id: string;
  x: number;
  y: number;
}
/**
 * What a pen wrote, small: lines of x, y, x, y, … in thousandths of the longer side.
 *
 * `width` and `height` are the box in points of the page.
 */
export interface Sketch {
  height: number;
  lines: number[][];
  width: number;
}
/**
 * A part of the list: by meeting (newest first), document and page, then as written.
 *
 * `documents` and `meetings` name what the rows speak of. `next` continues the list (`after=`);
 * null at its end. A part may have few rows or none and still a `next`: the server looks at a
 * bounded number of marks for one answer. `places`: all meetings with marks of mine, with the
 * first part only.
 */
export interface MyMarks {
  documents: MarkedDocument[];
  meetings: MarkedMeeting[];
  next: string | null;
  places: MarkedMeeting[] | null;
  rows: MyMark[];
}
/**
 * A meeting as this person sees it; what the restricted documents add is in `documents`.
 *
 * `topic` is what to subscribe to for changes (`meeting:ID` or `meeting:ID:staff`).
 */
export interface MyMeeting {
  my_role: ParticipantRole | null;
  staff: boolean;
  topic: string;
  view: MeetingView;
}
/**
 * All of my meetings; the snapshot of `inbox:PERSON`.
 *
 * `documents` are the restricted documents that are shown to me by name: they travel on nobody
 * else's topic.
 */
export interface MyMeetings {
  documents: DocumentCard[];
  meetings: MeetingCard[];
}
/**
 * Add an item at the end of the agenda.
 */
export interface NewAgendaItem {
  internal?: boolean;
  minutes?: number;
  presenter?: string;
  presenter_id?: string | null;
  title: string;
}
/**
 * Add a document to a meeting, before its file is sent.
 */
export interface NewDocument {
  item_id?: string | null;
  kind?: string;
  number_symbol?: string;
  sharing?: 'none' | 'people' | 'everyone';
  shown_to?: string[] | null;
  title: string;
}
/**
 * Share a new layer with chosen people, or with everybody who may read the document.
 */
export interface NewLayer {
  audience: 'me' | 'people' | 'everyone';
  people?: string[] | null;
  title: string;
}
/**
 * Create a meeting; it starts as a draft that only its staff sees.
 */
export interface NewMeeting {
  chair_id?: string | null;
  ends_at: string;
  kind: MeetingKind;
  place?: string;
  starts_at: string;
  title: string;
}
/**
 * What others than its owner wrote on a shared layer: so many `marks` of so many `people`.
 * When the layer is deleted, each of them keeps their own as private marks.
 */
export interface OthersMarks {
  marks: number;
  people: number;
}
/**
 * My marks of a meeting as one ZIP, while it is made. Of `papers` so many are `done`; `sent`
 * bytes have left. `missing`: files that could not be put in; its contents page names them.
 * `state`: waiting (to be fetched, or for its turn), making, done, ended (before it was whole).
 */
export interface PackageView {
  done: number;
  id: string;
  missing: number;
  papers: number;
  sent: number;
  state: 'waiting' | 'making' | 'done' | 'ended';
}
/**
 * One library inside this server, with its licence.
 */
export interface Part {
  licence: string;
  name: string;
  version: string;
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
  more: boolean;
  people: PersonCard[];
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
  code: string;
  ref?: string | null;
  t: 'error';
}
/**
 * Whether a browser that asks has a session here; nobody's is an answer, and no refusal.
 */
export interface SessionStanding {
  signed_in: boolean;
}
/**
 * Name and password, from one device.
 */
export interface SignIn {
  device: DeviceClaim;
  password: string;
  username: string;
}
/**
 * The answer to a sign-in: who, and the lease for this device.
 */
export interface SignedIn {
  lease: Lease;
  me: Me;
}
/**
 * The whole state of a topic at `seq`.
 */
export interface Snapshot {
  data: unknown;
  seq: number;
  t: 'snapshot';
  topic: string;
}
/**
 * Follow a topic; with a cursor only what came after it is sent, where it is still kept.
 */
export interface Subscribe {
  cursor: number | null;
  t: 'sub';
  topic: string;
}
/**
 * The rule that new meetings of the unit begin with, and the server's bounds: the least time
 * between a warning and the deletion, and how many days before it people are warned.
 */
export interface UnitRetention {
  days: number | null;
  grace_hours: number;
  rule: MarksRule;
  warning_days: number;
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
  heartbeat_s: number;
  person: string;
  protocol: number;
  server_time: string;
  t: 'welcome';
  version: string;
}
