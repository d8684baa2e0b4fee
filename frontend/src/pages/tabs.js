// On a narrow screen the open tab may lie outside its strip: it is brought into view.

for (const tab of document.querySelectorAll('.tabs [aria-current=page]')) {
  const strip = tab.parentElement;
  strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}
