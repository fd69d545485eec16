// Every page: what was refused is read first.
import { focusSummary } from './focus.js';

focusSummary();
