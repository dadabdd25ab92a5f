package io.epona.runtime.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One configuration key: its name, type, default for each profile, rules and documentation. Immutable.
 *
 * @param <T> type of its values
 */
public final class ConfigKey<T> {
    private final String name;
    private final ConfigType<T> type;
    private final Map<Profile, T> defaults;
    private final String doc;
    private final List<ConfigRule<T>> rules;

    private ConfigKey(
            final String name,
            final ConfigType<T> type,
            final Map<Profile, T> defaults,
            final String doc,
            final List<ConfigRule<T>> rules) {
        this.name = name;
        this.type = type;
        this.defaults = defaults;
        this.doc = doc;
        this.rules = rules;
    }

    /** Text. */
    public static Builder<String> ofString(final String name) {
        return new Builder<>(name, ConfigTypes.STRING);
    }

    /** A whole number of 32 bits. */
    public static Builder<Integer> ofInt(final String name) {
        return new Builder<>(name, ConfigTypes.INT);
    }

    /** A whole number of 64 bits. */
    public static Builder<Long> ofLong(final String name) {
        return new Builder<>(name, ConfigTypes.LONG);
    }

    /** True or false. */
    public static Builder<Boolean> ofBoolean(final String name) {
        return new Builder<>(name, ConfigTypes.BOOLEAN);
    }

    /** A length in bytes, written with a unit: {@code 64MiB}. */
    public static Builder<Long> ofBytes(final String name) {
        return new Builder<>(name, ConfigTypes.BYTES);
    }

    /** A duration, written with a unit: {@code 10ms}. */
    public static Builder<Duration> ofDuration(final String name) {
        return new Builder<>(name, ConfigTypes.DURATION);
    }

    /** An address, written {@code host:port}. */
    public static Builder<HostPort> ofHostPort(final String name) {
        return new Builder<>(name, ConfigTypes.HOST_PORT);
    }

    /** A path; {@code ~/} is the user's home. */
    public static Builder<Path> ofPath(final String name) {
        return new Builder<>(name, ConfigTypes.PATH);
    }

    /** One of an enum's constants, written in lower case with hyphens. */
    public static <E extends Enum<E>> Builder<E> ofEnum(final String name, final Class<E> enumClass) {
        return new Builder<>(name, ConfigTypes.enumOf(enumClass));
    }

    /** Texts; on one line they are separated by commas. */
    public static Builder<List<String>> ofStringList(final String name) {
        return new Builder<>(name, ConfigTypes.listOf(ConfigTypes.STRING));
    }

    /** Whole numbers; on one line they are separated by commas. */
    public static Builder<List<Integer>> ofIntList(final String name) {
        return new Builder<>(name, ConfigTypes.listOf(ConfigTypes.INT));
    }

    /** Addresses; on one line they are separated by commas. */
    public static Builder<List<HostPort>> ofHostPortList(final String name) {
        return new Builder<>(name, ConfigTypes.listOf(ConfigTypes.HOST_PORT));
    }

    /** Whatever names and values are below the key's name; given ones are laid over the default's. */
    public static Builder<Map<String, String>> ofMap(final String name) {
        return new Builder<>(name, ConfigTypes.map());
    }

    /** Dotted name. */
    public String name() {
        return name;
    }

    /** What it means, in sentences. */
    public String doc() {
        return doc;
    }

    /** What to give, for people: the type and the rules. */
    public String description() {
        final StringBuilder text = new StringBuilder(type.description());
        rules.forEach(rule -> text.append(", ").append(rule.description()));
        return text.toString();
    }

    /** The default of that profile; empty when the key must be set. */
    public Optional<T> defaultValue(final Profile profile) {
        return Optional.ofNullable(defaults.get(profile));
    }

    ConfigType<T> type() {
        return type;
    }

    List<ConfigRule<T>> rules() {
        return rules;
    }

    @Override
    public String toString() {
        return name;
    }

    /**
     * Declares a key.
     *
     * @param <T> type of its values
     */
    public static final class Builder<T> {
        private final String name;
        private final ConfigType<T> type;
        private final Map<Profile, T> defaults = new EnumMap<>(Profile.class);
        private final List<ConfigRule<T>> rules = new ArrayList<>();
        private String doc = "";

        private Builder(final String name, final ConfigType<T> type) {
            if (!name.matches("[a-z][a-z0-9-]*(\\.[a-z][a-z0-9-]*)*")) {
                throw new IllegalArgumentException("key must be lower case words with dots: name=" + name);
            }
            this.name = name;
            this.type = type;
        }

        /** Says what the key means; required. */
        public Builder<T> doc(final String text) {
            this.doc = text;
            return this;
        }

        /** The default of all profiles that get none of their own. */
        public Builder<T> defaultValue(final T value) {
            for (final Profile profile : Profile.values()) {
                defaults.putIfAbsent(profile, value);
            }
            return this;
        }

        /** The default of one profile; call it before {@link #defaultValue(Object)}. */
        public Builder<T> defaultValue(final Profile profile, final T value) {
            defaults.put(profile, value);
            return this;
        }

        /** Adds a rule; all must hold. */
        public Builder<T> rule(final ConfigRule<T> rule) {
            rules.add(rule);
            return this;
        }

        /** The key; without a default it must be set. */
        public ConfigKey<T> build() {
            if (doc.isEmpty()) {
                throw new IllegalStateException("key has no documentation: name=" + name);
            }
            for (final ConfigRule<T> rule : rules) {
                for (final T value : defaults.values()) {
                    if (!rule.predicate().test(value)) {
                        throw new IllegalStateException("default breaks the key's own rule: name=" + name + ", default="
                                + value + ", rule=" + rule.description());
                    }
                }
            }
            return new ConfigKey<>(name, type, Map.copyOf(defaults), doc, List.copyOf(rules));
        }

        /** The key, which need not be set. */
        public ConfigKey<Optional<T>> buildOptional() {
            final Builder<Optional<T>> optional = new Builder<>(name, ConfigTypes.optional(type));
            optional.doc = doc;
            rules.forEach(rule -> optional.rules.add(new ConfigRule<>(
                    rule.description(),
                    value -> value.isEmpty() || rule.predicate().test(value.get()))));
            defaults.forEach((profile, value) -> optional.defaultValue(profile, Optional.of(value)));
            return optional.defaultValue(Optional.empty()).build();
        }
    }
}
