// Every page: what was refused is read first.
import './cover.js';
import { focusSummary } from './focus.js';

focusSummary();
