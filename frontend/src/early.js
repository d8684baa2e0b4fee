// Before the first paint: what styles know of scripts, so that nothing jumps when they come.
document.documentElement.classList.add('js');
