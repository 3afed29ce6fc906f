import './styles/index.css';
import { render } from 'preact';
import { App } from './app';
import { startLive } from './state/live';
import { startPrint } from './state/print';
import { startRouter } from './state/router';
import { startClock } from './state/store';

startRouter();
startClock();
startPrint();
startLive();

const root = document.getElementById('app');
if (root) render(<App />, root);
