// A colour for each owner. It never stands alone: shape and icon keep saying the status, the legend names the owner.
import { UNOWNED } from '../logic/format';
import type { GraphModel } from './model';

/** Neighbours in the list are far apart on the circle, however many there are. */
const GOLDEN_ANGLE = 137.508;

/** Hues in degrees by owner, the owner of most services first. Services without an owner have none. */
export function ownerHues(model: GraphModel): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of model.items) {
    const owner = item.owner;
    if (owner && owner !== UNOWNED) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  const owners = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return new Map(owners.map(([owner], index) => [owner, (30 + index * GOLDEN_ANGLE) % 360]));
}

/** At least 3:1 against the card in either theme. */
export function ownerColour(hue: number, dark: boolean): string {
  return `oklch(${dark ? 0.74 : 0.55} 0.14 ${hue.toFixed(1)})`;
}
