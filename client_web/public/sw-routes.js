// Imported by the service worker. What the server answers goes there without waking the worker
// (Chrome 123 and later; elsewhere the worker looks at each request and lets it pass).
addEventListener('install', (event) => {
  if (typeof event.addRoutes !== 'function') return;
  event.addRoutes({
    condition: { urlPattern: new URLPattern({ pathname: '/api/*' }) },
    source: 'network',
  });
});
