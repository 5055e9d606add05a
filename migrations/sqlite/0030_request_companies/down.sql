ALTER TABLE access_requests DROP COLUMN customer;
ALTER TABLE access_requests DROP COLUMN company;
