// /docs: the contract as the daemon serves it, with a console that tries its operations.
import 'swagger-ui-dist/swagger-ui.css';
import '../styles/docs.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import { applyTheme, theme } from '../router/theme';

applyTheme(theme());
SwaggerUI({
  url: '/openapi.json',
  dom_id: '#reference',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'none',
  filter: true,
  tryItOutEnabled: false,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  // It has no name of its own.
  onComplete: () => document.getElementById('servers')?.setAttribute('aria-label', 'Server'),
  // Requests go to where this page came from, whatever address the contract has as its example.
  requestInterceptor: (request: { url: string }) => {
    const url = new URL(request.url, location.href);
    return { ...request, url: location.origin + url.pathname + url.search };
  },
});
