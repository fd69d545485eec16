// Every page: what was refused is read first.
import './cover.js';
import './offline.js';
import { focusSummary } from './focus.js';

focusSummary();
