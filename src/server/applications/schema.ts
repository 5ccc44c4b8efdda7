/**
 * What a schema library offers by https://standardschema.dev, version 1: zod, valibot, arktype and others do. Written
 * here once more, so that none of them is needed.
 */
export type StandardSchema<Input = unknown, Output = Input> = {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For types only; never set. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
};

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export type SchemaIssue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

/** What may be given to a schema. */
export type InputOf<Schema> = Schema extends StandardSchema ? TypesOf<Schema>["input"] : never;

/** What a schema makes of it. */
export type OutputOf<Schema> = Schema extends StandardSchema ? TypesOf<Schema>["output"] : never;

type TypesOf<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>;
