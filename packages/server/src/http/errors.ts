// The class and its constructors live one folder up: domain folders throw them too and do not know HTTP.
export * from '../errors.ts'
