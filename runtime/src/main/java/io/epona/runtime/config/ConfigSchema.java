package io.epona.runtime.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * All keys that a program knows, in the order in which they are documented, and the checks between them. Immutable.
 * Every schema has {@link #PROFILE}.
 */
public final class ConfigSchema {
    /** Chooses which defaults hold. */
    public static final ConfigKey<Profile> PROFILE = ConfigKey.ofEnum("profile", Profile.class)
            .doc("Which defaults hold. shared: few cores, shared with others; agents on few threads that park. "
                    + "dedicated: a machine of its own; one pinned, spinning thread for each hot agent.")
            .defaultValue(Profile.SHARED)
            .build();

    private final SequencedMap<String, ConfigKey<?>> keys;
    private final List<Check> checks;

    /** Looks at several values together. */
    @FunctionalInterface
    public interface CrossCheck {
        /**
         * Reports what does not fit.
         *
         * @param config in which the keys of the check are valid each by itself
         * @param complaint to call for each misfit
         */
        void check(EponaConfig config, Complaint complaint);
    }

    /** Takes the misfits that a {@link CrossCheck} finds. */
    @FunctionalInterface
    public interface Complaint {
        /**
         * One misfit.
         *
         * @param key whose value is best changed
         * @param what is wrong, with names and values
         * @param remedy what to do about it
         */
        void add(ConfigKey<?> key, String what, String remedy);
    }

    record Check(List<ConfigKey<?>> keys, CrossCheck crossCheck) {}

    private ConfigSchema(final SequencedMap<String, ConfigKey<?>> keys, final List<Check> checks) {
        this.keys = keys;
        this.checks = checks;
    }

    /** Begins a schema. */
    public static Builder builder() {
        return new Builder();
    }

    /** All keys in order. */
    public Collection<ConfigKey<?>> keys() {
        return Collections.unmodifiableCollection(keys.values());
    }

    /** The key of that name, or null. */
    ConfigKey<?> key(final String name) {
        return keys.get(name);
    }

    /** The map key that takes a path, or null. */
    ConfigKey<?> mapKeyOf(final String path) {
        for (int dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
            final ConfigKey<?> key = keys.get(path.substring(0, dot));
            if (null != key && key.type().isMap()) {
                return key;
            }
        }
        return null;
    }

    List<Check> checks() {
        return checks;
    }

    /** What to do about a key that the schema does not have. */
    String remedyForUnknown(final String name) {
        final String below = keys.keySet().stream()
                .filter(known -> known.startsWith(name + '.'))
                .collect(Collectors.joining(", "));
        if (!below.isEmpty()) {
            return "it is a section; its keys are " + below;
        }
        return NearestName.of(name, keys.keySet())
                .map(nearest -> "did you mean " + nearest + "?")
                .orElse("remove it; the known keys are " + String.join(", ", keys.keySet()));
    }

    /** A Markdown table of all keys: name, what to give, defaults, meaning. */
    public String toMarkdown() {
        final StringBuilder text =
                new StringBuilder("| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        keys.values()
                .forEach(key -> text.append("| `")
                        .append(key.name())
                        .append("` | ")
                        .append(cell(key.description()))
                        .append(" | ")
                        .append(defaults(key))
                        .append(" | ")
                        .append(cell(key.doc()))
                        .append(" |\n"));
        return text.toString();
    }

    private static <T> String defaults(final ConfigKey<T> key) {
        final String shared = defaultText(key, Profile.SHARED);
        final String dedicated = defaultText(key, Profile.DEDICATED);
        return shared.equals(dedicated) ? shared : shared + "; dedicated: " + dedicated;
    }

    private static <T> String defaultText(final ConfigKey<T> key, final Profile profile) {
        return key.defaultValue(profile)
                .map(value -> key.type().toHocon(value).replaceAll("\\s*\n\\s*", " "))
                .map(text -> text.equals("\"\"") ? "(empty)" : '`' + cell(text) + '`')
                .orElse("(must be set)");
    }

    private static String cell(final String text) {
        return text.replace("|", "\\|").replace("\n", " ");
    }

    /** Collects keys and checks. */
    public static final class Builder {
        private final SequencedMap<String, ConfigKey<?>> keys = new LinkedHashMap<>();
        private final List<Check> checks = new ArrayList<>();

        private Builder() {
            add(PROFILE);
        }

        /** Adds keys in the order in which they are to be documented. */
        public Builder add(final ConfigKey<?>... more) {
            for (final ConfigKey<?> key : more) {
                if (null != keys.putIfAbsent(key.name(), key)) {
                    throw new IllegalArgumentException("key is there twice: name=" + key.name());
                }
            }
            return this;
        }

        /**
         * Adds a check between values; it runs when all of the named keys are valid by themselves.
         *
         * @param crossCheck what to check
         * @param involved keys that it looks at
         */
        public Builder check(final CrossCheck crossCheck, final ConfigKey<?>... involved) {
            checks.add(new Check(List.of(involved), crossCheck));
            return this;
        }

        /** The schema. */
        public ConfigSchema build() {
            for (final ConfigKey<?> key : keys.values()) {
                for (final String other : keys.keySet()) {
                    if (other.startsWith(key.name() + '.')) {
                        throw new IllegalStateException(
                                "a key cannot also be a section: key=" + key.name() + ", in it=" + other);
                    }
                }
            }
            return new ConfigSchema(
                    Collections.unmodifiableSequencedMap(new LinkedHashMap<>(keys)), List.copyOf(checks));
        }
    }
}
