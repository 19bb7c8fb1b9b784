import { svelte } from '@sveltejs/vite-plugin-svelte';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';

const server = process.env['PHONGHOP_SERVER'] ?? 'http://127.0.0.1:8000';

export default defineConfig({
  plugins: [
    svelte(),
    VitePWA({
      // A meeting is no moment for a page that reloads by itself: the new version waits until asked.
      registerType: 'prompt',
      injectRegister: null,
      includeAssets: ['icon.svg', 'icon-180.png'],
      manifest: {
        id: '/',
        name: 'Phòng họp không giấy',
        short_name: 'Phòng họp',
        description: 'Tài liệu, ghi chú và phiên họp trên máy tính bảng',
        lang: 'vi',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        background_color: '#fbfaf7',
        theme_color: '#fbfaf7',
        icons: [
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
      },
      workbox: {
        // The shell only. What needs a sign-in is never in this cache: it lives sealed in IndexedDB.
        globPatterns: ['**/*.{js,mjs,css,html,woff2,svg,webmanifest}'],
        // pdf.js with its worker is the largest file; offline reading of a PDF needs it.
        maximumFileSizeToCacheInBytes: 4 * 1024 * 1024,
        navigateFallback: '/index.html',
        navigateFallbackDenylist: [/^\/api\//, /^\/live/, /^\/healthz/, /^\/metrics/],
        importScripts: ['sw-routes.js'],
        cleanupOutdatedCaches: true,
        clientsClaim: true,
      },
    }),
  ],
  build: {
    target: 'es2022',
    // A strict CSP has no data: for fonts and scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    // Office tablets are some years old: light-dark() and nesting are written out for them.
    cssTarget: ['chrome111', 'safari16.4'],
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: server, changeOrigin: false },
      '/live': { target: server, ws: true, changeOrigin: false },
    },
  },
  test: {
    include: ['src/**/*.test.ts'],
    // Far above what a test takes: a machine that also does other work is no failure.
    testTimeout: 60_000,
    environment: 'happy-dom',
    // The browser build of Svelte, so that rune state works in tests as on the tablet.
    alias: [],
  },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
});
