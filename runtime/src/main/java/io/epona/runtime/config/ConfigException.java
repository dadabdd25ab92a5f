package io.epona.runtime.config;

import java.util.List;

/** A configuration is refused; the message lists every problem. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<ConfigProblem> problems;

    ConfigException(final List<ConfigProblem> problems) {
        super(message(problems));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong, in the order in which it was found. */
    public List<ConfigProblem> problems() {
        return problems;
    }

    private static String message(final List<ConfigProblem> problems) {
        final StringBuilder text = new StringBuilder("configuration refused, ")
                .append(problems.size())
                .append(problems.size() == 1 ? " problem:" : " problems:");
        for (int i = 0; i < problems.size(); i++) {
            text.append("\n  ").append(i + 1).append(". ").append(problems.get(i));
        }
        return text.toString();
    }
}
