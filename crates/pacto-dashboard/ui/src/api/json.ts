/** Any JSON value: what the API passes through without looking into it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
