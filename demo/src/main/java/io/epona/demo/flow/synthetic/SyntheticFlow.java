package io.epona.demo.flow.synthetic;

import io.epona.demo.flow.FlowEvent;
import io.epona.demo.flow.FlowException;
import io.epona.demo.flow.MergedFlow;
import io.epona.demo.flow.OrderFlow;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The endless flow of a market of several shares; the same seed gives the same flow. One thread. */
public final class SyntheticFlow implements OrderFlow {
    /** Shares of the demo's market (famous horses): together four times as busy as the real hour's share. */
    public static final List<SymbolProfile> MARKET = List.of(
            new SymbolProfile("EPONA", 1.00, 585_3300),
            new SymbolProfile("PEGASUS", 0.80, 31_4700),
            new SymbolProfile("SLEIPNIR", 0.60, 77_7500),
            new SymbolProfile("RHIANNON", 0.50, 120_0500),
            new SymbolProfile("BUCEPHAL", 0.40, 226_1200),
            new SymbolProfile("ARION", 0.30, 18_0300),
            new SymbolProfile("XANTHOS", 0.25, 54_9900),
            new SymbolProfile("BALIOS", 0.15, 9_8700));

    private static final long OPENING_NS = 34_200_000_000_000L; // 09:30

    private final MergedFlow merged;

    /**
     * A market that opens at 09:30 with empty books.
     *
     * @param seed that everything follows from
     * @param market shares
     * @throws FlowException never in practice: nothing is read
     */
    public SyntheticFlow(final long seed, final List<SymbolProfile> market) throws FlowException {
        final SplittableRandom random = new SplittableRandom(seed);
        final List<SymbolFlow> flows = new ArrayList<>();
        for (int i = 0; i < market.size(); i++) {
            flows.add(new SymbolFlow(market.get(i), random.split(), new OrderIds(i, market.size()), OPENING_NS));
        }
        merged = new MergedFlow(flows);
    }

    @Override
    public FlowEvent next() throws FlowException {
        return merged.next();
    }
}
