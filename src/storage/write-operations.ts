// The named writes that any thread may ask the writer for: a type only, assembled from the record families.

// eslint-disable-next-line typescript/consistent-type-definitions
export type WriteOperations = {
  // filled by the record modules: 'domain.add': (input: …) => Promise<…>
};
