export const words = {
  vi: {
    'sealed.danger.full': 'Máy không đủ chỗ: chỉ còn {left}. Hãy bỏ bớt tài liệu đã giữ.',
    'sealed.danger.low': 'Máy sắp đầy, chỉ còn {left}. Trình duyệt có thể tự xóa bản lưu.',
    'sealed.danger.home_screen':
      'iPad tự xóa bản lưu của trang không mở trong 7 ngày. Để giữ chắc: chạm nút Chia sẻ, rồi “Thêm vào MH chính”.',
    'sealed.danger.may_evict':
      'Khi máy gần đầy, trình duyệt có thể tự xóa bản lưu. Cài ứng dụng vào màn hình chính để được giữ chắc.',
    'sealed.danger.unsent': 'Còn {count} thay đổi chưa lên máy chủ: nối mạng càng sớm càng tốt.',
    'sealed.keep': 'Xin giữ lâu dài',
    'sealed.left': 'Máy còn trống {left}',
    'sealed.until': 'Mở được khi mất mạng đến hết {day}; mỗi lần có mạng lại được gia hạn.',
  },
  en: {
    'sealed.danger.full': 'Not enough room: only {left} left. Remove some kept documents.',
    'sealed.danger.low': 'Only {left} left on this device. The browser may delete copies.',
    'sealed.danger.home_screen':
      'An iPad deletes the copies of a site not opened for 7 days. To keep them: tap Share, then “Add to Home Screen”.',
    'sealed.danger.may_evict':
      'When this device gets full, the browser may delete copies. Add the app to the home screen to keep them safe.',
    'sealed.danger.unsent':
      '{count} {count|change is|changes are} not on the server yet: go online as soon as you can.',
    'sealed.keep': 'Ask to keep them',
    'sealed.left': '{left} left on this device',
    'sealed.until': 'Opens without a network until {day}; each contact with the server renews it.',
  },
};
