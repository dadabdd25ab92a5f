package io.epona.runtime;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.CompositeAgent;

/**
 * Several agents on one thread, which run in order in each duty cycle. The thread and its counters bear the names of
 * all; those that differ in their number only are told as a range, since a counter's name has no room for every lane.
 */
public final class AgentGroup extends CompositeAgent {
    private static final Pattern NUMBERED = Pattern.compile("(.*-)(\\d{1,9})");

    private final String roleName;

    /**
     * A group.
     *
     * @param agents in the order in which they run.
     */
    public AgentGroup(final List<? extends Agent> agents) {
        super(agents);
        this.roleName = nameOf(agents.stream().map(Agent::roleName).toList());
    }

    /** Such as {@code [lane-0..4,gateway-0]}. */
    private static String nameOf(final List<String> names) {
        final StringBuilder all = new StringBuilder("[");
        for (int first = 0; first < names.size(); ) {
            int last = first;
            while (last + 1 < names.size() && isNext(names.get(last), names.get(last + 1))) {
                last++;
            }
            all.append(first == 0 ? "" : ",").append(names.get(first));
            if (last > first) {
                final Matcher numbered = NUMBERED.matcher(names.get(last));
                all.append("..").append(numbered.matches() ? numbered.group(2) : names.get(last));
            }
            first = last + 1;
        }
        return all.append(']').toString();
    }

    private static boolean isNext(final String name, final String next) {
        final Matcher one = NUMBERED.matcher(name);
        final Matcher other = NUMBERED.matcher(next);
        return one.matches()
                && other.matches()
                && one.group(1).equals(other.group(1))
                && Integer.parseInt(one.group(2)) + 1 == Integer.parseInt(other.group(2));
    }

    @Override
    public String roleName() {
        return roleName;
    }
}
