// /docs: the contract as the daemon serves it, with a console that tries its operations.
import 'swagger-ui-dist/swagger-ui.css';
import '../styles/docs.css';
import SwaggerUI from 'swagger-ui-dist/swagger-ui-es-bundle.js';
import { theme } from '../router/theme';

const system = matchMedia('(prefers-color-scheme: dark)');
const dress = () => {
  const dark = theme() === 'dark' || (theme() === 'auto' && system.matches);
  document.documentElement.classList.toggle('dark-mode', dark);
};
dress();
system.addEventListener('change', dress);

SwaggerUI({
  url: '/openapi.json',
  dom_id: '#reference',
  // Links inside of buttons are what it costs.
  deepLinking: false,
  displayRequestDuration: true,
  docExpansion: 'none',
  filter: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  // Its colours are too faint.
  syntaxHighlight: false,
  // Requests go to where this page came from, whatever address the contract has as its example.
  requestInterceptor: (request: { url: string }) => {
    const url = new URL(request.url, location.href);
    return { ...request, url: location.origin + url.pathname + url.search };
  },
});

/** What the reference leaves without a name or without a way to it by keys. */
function mend(root: ParentNode): void {
  for (const choice of root.querySelectorAll('select:not([aria-label])')) {
    choice.setAttribute('aria-label', choice.closest('.servers') ? 'Server' : 'Choice');
  }
  for (const text of root.querySelectorAll('pre:not([tabindex])')) text.setAttribute('tabindex', '0');
}

const reference = document.getElementById('reference');
if (reference) {
  new MutationObserver(() => mend(reference)).observe(reference, { childList: true, subtree: true });
}
