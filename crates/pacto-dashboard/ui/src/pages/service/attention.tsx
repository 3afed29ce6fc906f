import type { JSX } from 'preact';
import { StatusIcon } from '../../components/icons';
import { Icon } from '../../components/icons';
import { jumpTo } from '../../components/section';
import type { AttentionItem, Level } from '../../logic/attention';
import { visible } from '../../logic/format';

const WORD: Record<Level, string> = { critical: 'Critical', warning: 'Warning', info: 'Note' };

export function Attention({ items }: { items: readonly AttentionItem[] }): JSX.Element {
  return (
    <ul class="attention">
      {items.map((item, index) => (
        <li key={`${index} ${item.title}`} class={`attention-item a-${item.level}`}>
          <span class="attention-icon" title={WORD[item.level]}>
            {item.level === 'info' ? <Icon name="info" /> : <StatusIcon status={item.level === 'critical' ? 'NonCompliant' : 'Warning'} />}
            <span class="vh">{WORD[item.level]}: </span>
          </span>
          <div class="attention-body">
            <p class="attention-title">
              <bdi>{visible(item.title)}</bdi>
            </p>
            {item.text && (
              <p class="dim">
                <bdi>{visible(item.text)}</bdi>
              </p>
            )}
            {item.todo && <p class="attention-todo">{item.todo}</p>}
          </div>
          {item.section && (
            <button type="button" class="link-button" onClick={() => jumpTo(item.section ?? '')} aria-label={`Details of: ${visible(item.title)}`}>
              Details
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
