import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { setToken, tokenWanted } from '../api/token';
import { Icon } from './icons';
import { useTitle } from './title';

/** A dashboard started with a token shows nothing before it has one. */
export function TokenPrompt({ onToken }: { onToken: () => void }): JSX.Element {
  const [text, setText] = useState('');
  const wrong = tokenWanted.value === 'refused';
  useTitle('Token needed');
  return (
    <main class="token-page">
      <form
        class="card token-card"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() === '') return;
          setToken(text.trim());
          onToken();
        }}
      >
        <span class="empty-icon">
          <Icon name="lock" size={20} />
        </span>
        <h1 tabIndex={-1}>This dashboard asks for a token</h1>
        <p class="dim">It was started with --auth-token-file. The token is kept in this tab only.</p>
        <label class="try-field">
          <span>Token</span>
          <input
            class="field"
            type="password"
            autocomplete="off"
            autofocus
            value={text}
            aria-invalid={wrong}
            aria-describedby={wrong ? 'token-wrong' : undefined}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {wrong && (
          <p class="bad" id="token-wrong" role="alert">
            The server does not accept this token.
          </p>
        )}
        <button type="submit" class="button primary">
          Continue
        </button>
      </form>
    </main>
  );
}
