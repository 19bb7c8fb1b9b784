/** Where one’s work is: on this device, under way, on the server, or out of reach. */
export const standing = {
  vi: {
    'marks.truth.drawn': 'Đang ghi vào máy',
    'marks.truth.device': 'Đã lưu trên máy này',
    'marks.truth.server': 'Đã lưu trên máy chủ',
    'marks.truth.refused': 'Máy chủ chưa nhận',
    'marks.stand': 'Nét vẽ của bạn ở đâu',
    'marks.stand.server': 'Đã lưu',
    'marks.stand.server.hint': 'Mọi nét đã ở trên máy chủ. Mở trên máy khác cũng thấy.',
    'marks.stand.none': 'Đã kết nối',
    'marks.stand.none.hint':
      'Bạn chưa ghi gì trên tài liệu này. Nét bạn ghi được lưu ngay trên máy này, rồi lên máy chủ.',
    'marks.stand.some': 'Còn việc',
    'marks.stand.server.others': 'Mọi nét khác đã ở trên máy chủ.',
    'marks.stand.sending': 'Đang gửi',
    'marks.stand.sending.hint': 'Đã lưu trên máy này, đang gửi lên máy chủ: {count} thay đổi.',
    'marks.stand.device': 'Lưu trên máy',
    'marks.stand.device.hint':
      'Đang ngoại tuyến. {count} thay đổi đã lưu trên máy này và sẽ tự gửi khi có mạng.',
    'marks.stand.offline': 'Ngoại tuyến',
    'marks.stand.offline.hint':
      'Không có mạng. Mọi nét đã ở trên máy chủ; bạn cứ tiếp tục ghi, nét mới được giữ trên máy này.',
    'marks.stand.writing': 'Đang ghi',
    'marks.stand.writing.hint': 'Đang ghi vào máy này: {count} thay đổi.',
    'marks.stand.failing': 'Chưa lưu được',
    'marks.stand.failing.hint':
      'Máy này chưa giữ được {count} thay đổi (hết chỗ hoặc đang khóa). Đừng đóng trang; máy sẽ tự thử lại.',
    'marks.stand.fragile': 'Chưa gửi',
    'marks.stand.fragile.hint':
      'Trình duyệt này không giữ được gì trên máy. {count} thay đổi sẽ mất nếu đóng trang trước khi gửi xong.',
    'marks.step.drawn': 'Vừa vẽ, đang ghi vào máy',
    'marks.step.device': 'Trên máy này, chờ gửi',
    'marks.step.server': 'Trên máy chủ, tài liệu này',
    'marks.step.changes': '{count} thay đổi',
    'marks.step.marks': '{count} nét',
    'marks.stand.try': 'Kết nối lại ngay',
    'marks.unsent': '{count} thay đổi còn ở máy này, chưa lên máy chủ',
    'marks.unsent.refused': '{count} phần ghi chú cần bạn xem',
    'marks.unsent.look': 'Xem',
    'marks.unkept':
      'Máy này không ghi thêm được nữa. Ghi chú được gửi thẳng lên máy chủ; đừng đóng trang khi mất mạng.',
    'marks.unopened': '{count} thay đổi trên máy này không mở được',
    'marks.unopened.hint':
      'Bạn đã ghi khi ngoại tuyến, rồi khóa của máy này bị thay. Chúng vẫn nằm nguyên, đã mã hóa, trên máy. Hãy báo thư ký trước khi xóa.',
    'marks.unopened.drop': 'Xóa khỏi máy này',
    'marks.unopened.drop.sure': 'Xóa hẳn {count} thay đổi không mở được? Không lấy lại được.',
    'marks.stand.unread': 'Có thể thiếu nét',
    'marks.unread':
      'Không đọc được các nét mới từ máy chủ. Những gì đang thấy có thể là bản cũ; nét của bạn vẫn được giữ.',
    'marks.unread.again': 'Đọc lại',
  },
  en: {
    'marks.truth.drawn': 'Being saved on this device',
    'marks.truth.device': 'Saved on this device',
    'marks.truth.server': 'Saved on the server',
    'marks.truth.refused': 'Not taken by the server',
    'marks.stand': 'Where your marks are',
    'marks.stand.server': 'Saved',
    'marks.stand.server.hint': 'Every mark is on the server. Your other devices show it too.',
    'marks.stand.none': 'Connected',
    'marks.stand.none.hint':
      'You have written nothing on this paper yet. What you write is saved on this device at once, then on the server.',
    'marks.stand.some': 'To look at',
    'marks.stand.server.others': 'All other marks are on the server.',
    'marks.stand.sending': 'Sending',
    'marks.stand.sending.hint': 'Saved on this device, on the way to the server: {count} changes.',
    'marks.stand.device': 'On this device',
    'marks.stand.device.hint':
      'Offline. {count} changes are saved on this device and will be sent when the network is back.',
    'marks.stand.offline': 'Offline',
    'marks.stand.offline.hint':
      'No network. Every mark is on the server; go on writing, new marks are kept on this device.',
    'marks.stand.writing': 'Saving',
    'marks.stand.writing.hint': 'Being saved on this device: {count} changes.',
    'marks.stand.failing': 'Not saved',
    'marks.stand.failing.hint':
      'This device could not keep {count} changes (full or locked). Do not close the page; it keeps trying.',
    'marks.stand.fragile': 'Not sent',
    'marks.stand.fragile.hint':
      'This browser keeps nothing. {count} changes are lost if you close the page before they are sent.',
    'marks.step.drawn': 'Just drawn, being saved here',
    'marks.step.device': 'On this device, to be sent',
    'marks.step.server': 'On the server, this document',
    'marks.step.changes': '{count} changes',
    'marks.step.marks': '{count} marks',
    'marks.stand.try': 'Connect now',
    'marks.unsent':
      '{count} {count|change is|changes are} only on this device, not on the server yet',
    'marks.unsent.refused': '{count} {count|part|parts} of your marks to be looked at',
    'marks.unsent.look': 'Look',
    'marks.unkept':
      'This device can save no more. Marks go straight to the server; do not close the page while offline.',
    'marks.unopened': '{count} {count|change|changes} on this device cannot be opened',
    'marks.unopened.hint':
      'Made offline, before the key of this device was replaced. They still lie here, encrypted, as they were. Tell the secretariat before you delete them.',
    'marks.unopened.drop': 'Delete from this device',
    'marks.unopened.drop.sure':
      'Delete {count} {count|change|changes} that cannot be opened? They cannot be brought back.',
    'marks.stand.unread': 'Marks may be missing',
    'marks.unread':
      'New marks could not be read from the server. What you see may be old; your own marks are kept.',
    'marks.unread.again': 'Read again',
  },
};
