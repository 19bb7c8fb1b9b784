export const words = {
  vi: {
    'i18n.today': 'Hôm nay',
    'i18n.tomorrow': 'Ngày mai',
    'i18n.yesterday': 'Hôm qua',
    'i18n.minutes': '{minutes} phút',
    'i18n.hours': '{hours} giờ',
  },
  en: {
    'i18n.today': 'Today',
    'i18n.tomorrow': 'Tomorrow',
    'i18n.yesterday': 'Yesterday',
    'i18n.minutes': '{minutes} min',
    'i18n.hours': '{hours} h',
  },
};
