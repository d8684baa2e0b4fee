import './htmx.js';
import './forms.js';
import './keyboard.js';
import './pages/task.js';
import './pages/worklist.js';
import './pages/tabs.js';
import './pages/uploads.js';
