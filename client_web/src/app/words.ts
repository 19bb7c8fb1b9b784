export const words = {
  vi: {
    'app.name': 'Phòng họp không giấy',
  },
  en: {
    'app.name': 'Paperless meetings',
  },
};
