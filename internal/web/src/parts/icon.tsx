import { icons } from "./icons.gen";

export type IconName = keyof typeof icons;

/** Icon is a drawing beside a word; alone it needs the button's own name. */
export function Icon({ name, class: more = "" }: { name: IconName; class?: string }) {
	return <svg class={`i ${more}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false" dangerouslySetInnerHTML={{ __html: icons[name] }} />;
}
