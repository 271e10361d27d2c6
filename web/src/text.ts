// SPDX-License-Identifier: Apache-2.0
// The texts of data/messages.json in one language. The keys are checked when the page is type-checked.
import type messages from "../../data/messages.json";
import type { Language, Sentence } from "./report_data";

export type Key = keyof typeof messages;
export type Messages = Record<string, Record<Language, string>>;

export function fill(pattern: string, values: Record<string, string>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

export class Texts {
  constructor(
    private readonly messages: Messages,
    readonly language: Language,
  ) {}

  of(key: Key, values: Record<string, string> = {}): string {
    return this.sentence({ key, values });
  }

  /** The same text in the other language, for the glossary. */
  other(key: Key): string {
    return this.messages[key]?.[this.language === "ja" ? "en" : "ja"] ?? key;
  }

  /** A key that this page does not know shows as itself: a gap that can be seen and reported. */
  sentence(sentence: Sentence): string {
    const pattern = this.messages[sentence.key]?.[this.language];
    return pattern === undefined ? sentence.key : fill(pattern, sentence.values);
  }

  /** The text of `prefix.name`, or the bare name where there is none, such as a phase of a later version. */
  named(prefix: string, name: string): string {
    return this.messages[`${prefix}.${name}`]?.[this.language] ?? name;
  }
}
