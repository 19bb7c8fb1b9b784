export const words = {
  vi: {
    'ui.close': 'Đóng',
    'ui.cancel': 'Thôi',
    'ui.loading': 'Đang tải…',
    'ui.save': 'Lưu',
  },
  en: {
    'ui.close': 'Close',
    'ui.cancel': 'Cancel',
    'ui.loading': 'Loading…',
    'ui.save': 'Save',
  },
};
