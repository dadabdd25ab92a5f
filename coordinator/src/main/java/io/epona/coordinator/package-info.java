/**
 * Coordinators: state machines whose log is a partition of an internal topic. Kafka's group coordinator runs here on
 * top of lanes; what it needs of them (writing, loading, leadership) is kept apart from it, for other coordinators.
 */
package io.epona.coordinator;
