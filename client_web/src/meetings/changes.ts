/**
 * What a change does to what is shown. Pure: snapshot + changes gives the same as a fresh
 * snapshot, whatever the order in which a tablet learned of it.
 */
import type {
  AgendaItem,
  CardGone,
  CardPut,
  DocumentCard,
  DocumentGone,
  DocumentPut,
  ItemDeleted,
  ItemPut,
  LayersChanged,
  MarksHome,
  MeetingChanged,
  MeetingView,
  MyMeetings,
  ParticipantChanged,
  ParticipantGone,
} from '../wire';

export type MeetingChange =
  | MeetingChanged
  | ItemPut
  | ItemDeleted
  | ParticipantChanged
  | ParticipantGone
  | DocumentPut
  | DocumentGone
  | LayersChanged;
export type InboxChange =
  CardPut | CardGone | DocumentPut | DocumentGone | LayersChanged | MarksHome;

function put<Entry>(list: readonly Entry[], entry: Entry, same: (other: Entry) => boolean) {
  return list.some(same) ? list.map((other) => (same(other) ? entry : other)) : [...list, entry];
}

const withId =
  (id: string) =>
  (entry: { id: string }): boolean =>
    entry.id === id;

export function changeMeeting(view: MeetingView, change: MeetingChange): MeetingView {
  switch (change.kind) {
    case 'meeting':
      return { ...view, meeting: change.meeting };
    case 'item':
      return { ...view, items: put(view.items, change.item, withId(change.item.id)) };
    case 'item_deleted':
      return {
        ...view,
        items: view.items.filter((item) => item.id !== change.item_id),
        documents: view.documents.map((document) =>
          document.item_id === change.item_id ? { ...document, item_id: null } : document,
        ),
      };
    case 'participant': {
      const { participant } = change;
      const same = (other: { person_id: string }) => other.person_id === participant.person_id;
      return { ...view, participants: put(view.participants, participant, same) };
    }
    case 'participant_gone':
      return {
        ...view,
        participants: view.participants.filter((one) => one.person_id !== change.person_id),
      };
    case 'document':
      return {
        ...view,
        documents: put(view.documents, change.document, withId(change.document.id)),
      };
    case 'document_gone':
      return {
        ...view,
        documents: view.documents.filter((document) => document.id !== change.document_id),
      };
    case 'layers':
      return view;
    default:
      return unknown(change, view);
  }
}

export function changeMine(mine: MyMeetings, change: InboxChange): MyMeetings {
  switch (change.kind) {
    case 'card': {
      const { card } = change;
      const same = (other: typeof card) => other.meeting.id === card.meeting.id;
      return { ...mine, meetings: put(mine.meetings, card, same) };
    }
    case 'card_gone':
      return {
        meetings: mine.meetings.filter((card) => card.meeting.id !== change.meeting_id),
        documents: mine.documents.filter((one) => one.meeting_id !== change.meeting_id),
      };
    case 'document':
      return {
        ...mine,
        documents: put(mine.documents, change.document, withId(change.document.id)),
      };
    case 'document_gone':
      return {
        ...mine,
        documents: mine.documents.filter((document) => document.id !== change.document_id),
      };
    case 'layers':
    case 'marks_home':
      return mine;
    default:
      return unknown(change, mine);
  }
}

/** A kind of change that only a newer server knows leaves the page as it is. */
function unknown<State>(_change: never, state: State): State {
  return state;
}

const byPosition = (a: { position: number }, b: { position: number }) => a.position - b.position;

export interface AgendaLine {
  item: AgendaItem;
  documents: DocumentCard[];
}

/**
 * The agenda with each item's documents, and the documents that belong to no item.
 * `shownToMe`: restricted documents from my inbox; others of the meeting come with the view.
 */
export function agendaOf(
  view: MeetingView,
  shownToMe: readonly DocumentCard[],
  staff: boolean,
): { lines: AgendaLine[]; loose: DocumentCard[] } {
  const mine = shownToMe.filter((document) => document.meeting_id === view.meeting.id);
  const known = new Set(view.documents.map((document) => document.id));
  const all = [...view.documents, ...mine.filter((one) => !known.has(one.id))];
  // A document without a readable file is the secretariat's work, not yet the delegates'.
  const documents = all.filter(
    ({ state, pages_ready }) => staff || pages_ready > 0 || state === 'ingesting',
  );
  documents.sort(byPosition);
  const items = [...view.items].sort(byPosition);
  const ids = new Set(items.map((item) => item.id));
  return {
    lines: items.map((item) => ({
      item,
      documents: documents.filter((document) => document.item_id === item.id),
    })),
    loose: documents.filter(({ item_id }) => item_id === null || !ids.has(item_id)),
  };
}
