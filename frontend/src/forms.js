// Manners of forms, switched on by attributes; see frontend/README.md.

document.addEventListener('submit', (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  form.dataset.leaving = '';
  if ('once' in form.dataset) {
    // After this event, so that the pressed button's own value is still sent.
    setTimeout(() => setSending(form, true));
  }
}, true);

function setSending(form, sending) {
  form.toggleAttribute('aria-busy', sending);
  for (const button of form.querySelectorAll('button, input[type=submit]')) button.disabled = sending;
}

// A page that the back button brings back must be usable again, and so must a form whose request failed.
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form[data-once][aria-busy]')) setSending(form, false);
});
document.addEventListener('htmx:afterRequest', ({ target }) => {
  const form = target.closest?.('form');
  if (!form) return;
  delete form.dataset.leaving;
  if (form.hasAttribute('aria-busy')) setSending(form, false);
});

document.addEventListener('input', ({ target }) => {
  const form = target.closest('form[data-guard]');
  if (form) form.dataset.changed = '';
});

window.addEventListener('beforeunload', (event) => {
  if (document.querySelector('form[data-guard][data-changed]:not([data-leaving])')) event.preventDefault();
});

document.addEventListener('click', ({ target }) => {
  if (target.closest('[data-print]')) window.print();
});
