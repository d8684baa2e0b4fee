// On a narrow screen the open tab, or the open page of the header, may lie outside its strip: it is brought into view.

for (const tab of document.querySelectorAll('.tabs [aria-current=page], .app-nav [aria-current=page]')) {
  const strip = tab.parentElement;
  if (strip.scrollWidth > strip.clientWidth) strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
}
