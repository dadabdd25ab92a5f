/**
 * Order flow made from a seed. Its figures (mix of events, gaps, sizes, lives of orders) are those of one real hour of
 * a busy share on NASDAQ, 91,997 events, as LOBSTER publishes it; the events themselves are invented.
 */
package io.epona.demo.flow.synthetic;
