import '@picocss/pico/css/pico.min.css';
import './styles/main.css';
import { render } from 'preact';
import { followEvents } from './api/events';
import { App } from './router/App';
import { applyTheme, theme } from './router/theme';

applyTheme(theme());
const place = document.getElementById('app');
if (place) render(<App />, place);
void followEvents();
