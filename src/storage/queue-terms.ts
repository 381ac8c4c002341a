// Words that the queue's rows share with the protocol above it (storage may not import protocols).

export type BodyType = '7BIT' | '8BITMIME' | 'BINARYMIME';
export type Notify = 'SUCCESS' | 'FAILURE' | 'DELAY';
