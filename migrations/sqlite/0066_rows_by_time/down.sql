-- The numbers of rows meant nothing before, and those that are given now may stay.
SELECT 1;
