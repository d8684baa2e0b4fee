// The page of a draft: its diagram to draw, or to look at where one may not, or cannot, draw.
import { openStudio } from './studio/open.js';

const place = document.querySelector('[data-studio]');
if (place) openStudio(place);
