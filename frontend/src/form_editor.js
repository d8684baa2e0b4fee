// The page of one form of a draft.
import { openFormEditor } from './form_editor/open.js';

const place = document.querySelector('[data-form-editor][data-text]');
if (place) openFormEditor(place);
