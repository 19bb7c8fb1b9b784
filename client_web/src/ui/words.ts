export const words = {
  vi: {
    'ui.close': 'Đóng',
    'ui.cancel': 'Để sau',
    'ui.loading': 'Đang tải…',
    'ui.save': 'Lưu',
  },
  en: {
    'ui.close': 'Close',
    'ui.cancel': 'Not now',
    'ui.loading': 'Loading…',
    'ui.save': 'Save',
  },
};
