package io.epona.demo.flow.synthetic;

/**
 * A share of the synthetic market.
 *
 * @param symbol of it
 * @param activity how many times as busy as the real hour's share, which had 25.6 events a second
 * @param price that it starts at, dollars times 10,000
 */
public record SymbolProfile(String symbol, double activity, long price) {}
