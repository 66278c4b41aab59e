CREATE TABLE Worker (
  WORKER_ID INTEGER PRIMARY KEY,
  FIRST_NAME TEXT NOT NULL,
  LAST_NAME TEXT NOT NULL,
  SALARY INTEGER,
  JOINING_DATE TEXT NOT NULL,
  DEPARTMENT TEXT
);
INSERT INTO Worker VALUES
  (1, '지우', '한', 5200, '2021-03-02 09:00:00', '인사'),
  (2, '서준', '오', 4100, '2022-07-15 09:00:00', '관리'),
  (3, '하린', '백', 7800, '2019-01-07 09:00:00', '인사'),
  (4, '도윤', '신', 7800, '2019-11-25 09:00:00', '관리'),
  (5, '민서', '유', 5200, '2021-03-02 09:00:00', '관리'),
  (6, '예린', '류', 3600, '2023-02-20 09:00:00', '회계'),
  (7, '시우', '남', 4700, '2020-05-11 09:00:00', '회계'),
  (8, '아인', '도', 4300, '2022-12-01 09:00:00', '관리'),
  (9, '지우', '문', NULL, '2023-10-04 09:00:00', NULL),
  (10, '나윤', '한', 6100, '2018-08-13 09:00:00', '회계');
CREATE TABLE Bonus (
  WORKER_REF_ID INTEGER REFERENCES Worker (WORKER_ID),
  BONUS_AMOUNT INTEGER NOT NULL,
  BONUS_DATE TEXT NOT NULL
);
INSERT INTO Bonus VALUES
  (1, 300, '2022-12-20'),
  (2, 150, '2023-06-30'),
  (3, 400, '2022-12-20'),
  (1, 250, '2023-12-20'),
  (2, 300, '2023-12-20'),
  (10, 500, '2023-12-20'),
  (4, 400, '2021-12-20');
CREATE TABLE Title (
  WORKER_REF_ID INTEGER REFERENCES Worker (WORKER_ID),
  WORKER_TITLE TEXT NOT NULL,
  AFFECTED_FROM TEXT NOT NULL
);
INSERT INTO Title VALUES
  (1, '과장', '2023-03-01'),
  (2, '사원', '2022-07-15'),
  (3, '부장', '2022-01-01'),
  (4, '부장', '2023-01-01'),
  (5, '대리', '2022-06-01'),
  (6, '사원', '2023-02-20'),
  (7, '대리', '2021-05-11'),
  (8, '사원', '2022-12-01'),
  (10, '차장', '2021-08-13');
