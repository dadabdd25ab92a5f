package io.epona.systemtests.cell;

/**
 * What every part of a simulation shares.
 *
 * @param timeline virtual time and what is to happen.
 * @param chance the only source of chance.
 * @param trace what happened last.
 * @param network between the nodes.
 */
record World(Timeline timeline, Chance chance, Trace trace, SimulatedNetwork network) {}
