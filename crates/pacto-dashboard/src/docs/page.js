// Shows a new revision in place: what was open stays open, and the page stays where it was.
'use strict';
(() => {
  const status = document.createElement('div');
  status.className = 'live';
  status.setAttribute('role', 'status');
  document.body.append(status);
  let revision = 0;

  const say = (text, bad) => {
    status.textContent = text;
    status.classList.toggle('bad', bad);
  };

  const show = async () => {
    const answer = await fetch(location.pathname);
    if (!answer.ok) throw new Error(String(answer.status));
    const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const open = new Set([...document.querySelectorAll('details[open][id]')].map((one) => one.id));
    for (const one of next.querySelectorAll('details[id]')) one.open = open.has(one.id);
    const { scrollX, scrollY } = window;
    for (const part of ['nav', 'main']) {
      const [old, fresh] = [document.querySelector(part), next.querySelector(part)];
      if (old && fresh) old.replaceWith(document.adoptNode(fresh));
    }
    document.title = next.title;
    window.scrollTo(scrollX, scrollY);
  };

  const events = new EventSource('/events');
  events.onmessage = async (event) => {
    const told = JSON.parse(event.data);
    try {
      // The first event is about what the page shows already, unless the server was started again meanwhile.
      if (revision !== 0 && told.revision !== revision) await show();
      revision = told.revision;
      say(told.error ?? '', told.error !== null);
    } catch {
      say('The page could not be loaded again.', true);
    }
  };
  events.onerror = () => {
    say('pacto doc --serve does not answer; what is shown may be old.', true);
    // A server that was started again counts from 1 again.
    revision = -1;
  };
})();
