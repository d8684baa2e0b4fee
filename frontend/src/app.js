import './htmx.js';
import './autosave.js'; // before forms.js: a draft on its way is waited for before the form may ask and send
import './forms.js';
import './criteria.js';
import './uploads.js';
import './keyboard.js';
import './pages/task.js';
