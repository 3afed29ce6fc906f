import { useEffect } from 'preact/hooks';
import { visible } from '../logic/format';

export function useTitle(...parts: string[]): void {
  const title = [...parts.filter(Boolean).map(visible), 'Pacto'].join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
}
