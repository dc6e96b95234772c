/** Asks the schema worker about messages that somebody looks at, a few at a time. */
import { type Frame, PAYLOAD_AT } from './frames';
import { framesOf, type Exchange } from './log';
import type { SchemaMark } from './schema';
import type { SchemaAnswer, SchemaQuestion } from './schema.worker';

const MOST_UNDER_WAY = 8;

export class SchemaChecker {
  #worker: Worker | null = null;
  #waiting: { row: Exchange; version: string }[] = [];
  #underWay = new Set<Exchange>();
  #answers = new Map<number, (answer: SchemaAnswer) => void>();
  #marks = new WeakMap<Frame, readonly SchemaMark[]>();
  #last = 0;
  #tell: (row: Exchange, errors: number) => void;

  /** `tell` is called when a message has been looked at. */
  constructor(tell: (row: Exchange, errors: number) => void) {
    this.#tell = tell;
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting = [];
    this.#answers.clear();
  }

  /** What is wrong with a frame, as far as it has been looked at. */
  marks(frame: Frame | null): readonly SchemaMark[] {
    return (frame && this.#marks.get(frame)) ?? [];
  }

  /** These are in sight now; those that no longer are need not be looked at. `version`: "1.6". */
  want(rows: readonly { row: Exchange; version: string | null }[]): void {
    this.#waiting = [];
    for (const { row, version } of rows) {
      if (row.note !== null || row.schemaErrors !== null || version === null) continue;
      if (!this.#underWay.has(row)) this.#waiting.push({ row, version });
    }
    this.#goOn();
  }

  #goOn(): void {
    while (this.#underWay.size < MOST_UNDER_WAY) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#underWay.add(next.row);
      void this.#look(next.row, next.version);
    }
  }

  async #look(row: Exchange, version: string): Promise<void> {
    let revision: number;
    let errors: number;
    do {
      revision = row.revision;
      errors = 0;
      for (const frame of framesOf(row)) errors += (await this.#marksOf(frame, row, version)).length;
    } while (row.revision !== revision); // its answer has come meanwhile
    this.#underWay.delete(row);
    this.#tell(row, errors);
    this.#goOn();
  }

  async #marksOf(frame: Frame, row: Exchange, version: string): Promise<readonly SchemaMark[]> {
    const known = this.#marks.get(frame);
    if (known) return known;
    if (frame.kind !== 'call' && frame.kind !== 'send' && frame.kind !== 'result') return [];
    const name = row.action + (frame.kind === 'result' ? 'Response' : '');
    const url = `/ui/schemas/${version}/${encodeURIComponent(name)}.json`;
    const said = await this.#ask({ url, text: frame.message, at: PAYLOAD_AT[frame.kind] });
    if (said.failed) return [];
    const unknown = { path: '', message: `OCPP ${version} has no message ${row.action}.` };
    const marks = said.marks ?? (frame.kind === 'result' ? [] : [unknown]);
    this.#marks.set(frame, marks);
    return marks;
  }

  #ask(question: Omit<SchemaQuestion, 'id'>): Promise<SchemaAnswer> {
    this.#worker ??= this.#start();
    this.#last += 1;
    const id = this.#last;
    this.#worker.postMessage({ ...question, id } satisfies SchemaQuestion);
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./schema.worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<SchemaAnswer>) => {
      this.#answers.get(data.id)?.(data);
      this.#answers.delete(data.id);
    };
    return worker;
  }
}
